"""Run one design on the trained ensemble, on its networks with shuffled weights, and on networks with permuted labels.

    python recipes/residualbind/controls.py RNCMPT00002 --pattern ACGUAA --runs runs/ --out controls.html

``runs/`` holds the files that ``train.py --permute-labels`` wrote. A network that could not learn anything also has
effects with small p-values. Such effects are no evidence of learned biology.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import load_file

import seqdo as sd
from seqdo.zoo.residualbind import ResidualBind


def permuted(experiment: str, runs: Path) -> sd.Model:
    files = sorted(runs.glob(f"{experiment}.permuted.*.safetensors"))
    if not files:
        raise SystemExit(f"{runs} has no {experiment}.permuted.*.safetensors: run train.py --permute-labels first")
    nets = []
    for file in files:
        net = ResidualBind()
        net.load_state_dict(load_file(file))
        nets.append(net.eval())
    return sd.wrap(
        nets, alphabet=sd.RNA, length=41, outputs=["binding"], layout="NCL", pad="centre",
        name=f"{experiment}, labels permuted",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment")
    parser.add_argument("--pattern", required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    trained = sd.zoo.load(f"residualbind-{args.experiment.lower()}")
    null, design = trained.reference.background(38), sd.controls(args.pattern, at=17, flanks=3)
    effects = []
    for model in (trained, sd.shuffled_weights(trained, rng=0), permuted(args.experiment, args.runs)):
        effects.append(sd.estimate(sd.run(design, model, null, n=1000, rng=0)))
        print(model.name)  # noqa: T201
        print(effects[-1].table[["contrast", "estimate", "low", "high", "margin", "verdict"]].to_string(index=False))  # noqa: T201
        print("\n".join(effects[-1].calibration["reading"]), "\n")  # noqa: T201
    sd.report(effects, args.out, title=f"Controls of {args.pattern}")


if __name__ == "__main__":
    main()
