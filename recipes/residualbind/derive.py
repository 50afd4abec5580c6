"""Make the files that ship from trained members: weights, reference numbers, model card.

    python recipes/residualbind/derive.py RNCMPT00002 --runs runs/ --data DATA

The script reads ``runs/RNCMPT00002.*.safetensors`` and ``.json``, which ``train.py`` wrote, and the held-out probes. It
writes ``src/seqdo/zoo/weights/residualbind-rncmpt00002/``. All numbers in these files are computed here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from train import LogNorm, read_probes

from seqdo.models.reference import Reference
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import RNA
from seqdo.sequences.sequences import Sequences
from seqdo.zoo.residualbind import ResidualBind

GOLDEN = 4


def normalize(record: dict, intensity: np.ndarray) -> np.ndarray:
    norm = LogNorm.__new__(LogNorm)
    norm.min, norm.mean, norm.sd = (record["target"][key] for key in ("min", "mean", "sd"))
    return norm(intensity).numpy().astype(float)


def card(experiment: str, records: list[dict], ensemble_r: float) -> str:
    first = records[0]
    rows = "\n".join(
        f"| {r['seed']} | {len(r['history'])} | {r['validation_r']:.4f} | {r['test_r']:.4f} |" for r in records
    )
    return (Path(__file__).parent / "card.md").read_text(encoding="utf-8").format(
        name=experiment.lower(), experiment=experiment, members=len(records), first=first, rows=rows,
        ensemble_r=ensemble_r,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    folder = Path(__file__).parents[2] / "src/seqdo/zoo/weights" / f"residualbind-{args.experiment.lower()}"
    folder.mkdir(parents=True, exist_ok=True)

    files = sorted(args.runs.glob(f"{args.experiment}.*.safetensors"))
    records = [json.loads(file.with_suffix(".json").read_text()) for file in files]
    nets = []
    for number, file in enumerate(files, 1):
        weights = load_file(file)
        save_file(weights, folder / f"{number}.safetensors")
        net = ResidualBind()
        net.load_state_dict(weights)
        nets.append(net.eval())

    intensity, texts = read_probes(args.data / f"{args.experiment}.test.txt.gz")
    probes = Sequences.from_strings(texts, RNA)
    model = wrap(nets, alphabet=RNA, length=41, outputs=["binding"], layout="NCL", pad="centre")
    predictions = model.predict(probes)[:, :, 0].astype(float)
    target = normalize(records[0], intensity)
    for record, member in zip(records, predictions, strict=True):
        again = float(np.corrcoef(member, target)[0, 1])
        if abs(again - record["test_r"]) > 1e-4:
            raise SystemExit(f"seed {record['seed']}: test r {again} here, but {record['test_r']} when trained")
    mean = predictions.mean(0)
    ensemble_r = float(np.corrcoef(mean, target)[0, 1])

    source = f"held-out probes of RNAcompete {args.experiment} (set B)"
    reference = Reference.measure(probes, mean[:, None], outputs=("binding",), source=source)
    random = Sequences.from_codes(np.random.default_rng(0).integers(0, 4, (GOLDEN, 41)).astype(np.uint8), RNA)
    golden = {"sequences": random.to_strings(), "predictions": model.predict(random)[:, :, 0].astype(float).tolist()}
    facts = {"reference": reference.to_json(), "golden": golden}
    (folder / "reference.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(card(args.experiment, records, ensemble_r), encoding="utf-8")
    print(f"members {[round(r['test_r'], 4) for r in records]}, ensemble {ensemble_r:.4f}")  # noqa: T201


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
