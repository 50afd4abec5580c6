"""Ask the trained ensemble, the same with its weights shuffled, and networks trained on permuted labels one question.

    python recipes/residualbind/controls.py RNCMPT00002 --pattern ACGUAA --runs runs/ --out controls.html

``runs/`` has what ``train.py --permute-labels`` wrote. What any word does to a network that could learn nothing is no
finding, however small its p.
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
    found = []
    for model in (trained, sd.shuffled_weights(trained, rng=0), permuted(args.experiment, args.runs)):
        found.append(sd.estimate(sd.run(design, model, null, n=1000, rng=0)))
        print(model.name)  # noqa: T201
        print(found[-1].table[["contrast", "estimate", "low", "high", "margin", "verdict"]].to_string(index=False))  # noqa: T201
        print("\n".join(found[-1].calibration["reading"]), "\n")  # noqa: T201
    sd.report(found, args.out, title=f"Controls of {args.pattern}")


if __name__ == "__main__":
    main()
