"""Train one member of a ResidualBind ensemble on an RNAcompete experiment.

    python recipes/residualbind/train.py RNCMPT00002 --seed 1 --data DATA --out runs/

The script writes ``RNCMPT00002.1.safetensors`` (the weights at the best validation r) and ``RNCMPT00002.1.json``
(recipe, constants, every epoch, r on the held-out probes). The recipe is the paper's (see the model card next to the
weights), with one difference: the target is normalized with constants of the training probes alone. No part of the
data therefore influences another.

With ``--permute-labels`` the intensities of the training file are first permuted over probes. This control has the
sequences of the data and nothing to learn (``RNCMPT00002.permuted.1``). ``controls.py`` runs the same design on it.

One thread; 46 to 62 epochs of 17.5 s on an idle core, about 17 minutes. Members differ by ``--seed`` (initial weights,
order of batches, dropout). They share the split, so that their outputs are on one scale.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import logging
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from seqdo.zoo.residualbind import LENGTH, ResidualBind

log = logging.getLogger("train")

BATCH, EPOCHS, PATIENCE = 100, 300, 20
LEARNING_RATE, DECAY, DECAY_PATIENCE, FLOOR = 1e-3, 0.3, 7, 1e-6
VALIDATION_SHARE, SPLIT_SEED = 0.1, 100


def read_probes(path: Path) -> tuple[NDArray[np.float64], list[str]]:
    """Intensities and sequences of one file. Probes without an intensity are left out."""
    with gzip.open(path, "rt") as lines:
        rows = [line.split() for line in lines]
    rows = [row for row in rows if not np.isnan(float(row[0]))]
    return np.array([float(row[0]) for row in rows]), [row[1] for row in rows]


def one_hot(probes: list[str]) -> torch.Tensor:
    """One-hot (n, 4, 41) with the probe in the center and zeros on both sides."""
    x = np.zeros((len(probes), 4, LENGTH), np.float32)
    for i, probe in enumerate(probes):
        start = (LENGTH - len(probe)) // 2
        x[i, ["ACGU".index(letter) for letter in probe], range(start, start + len(probe))] = 1
    return torch.from_numpy(x)


class LogNorm:
    """``log(y - min + 1)``, then z-score; all three constants are of the training probes."""

    def __init__(self, y: NDArray[np.float64]) -> None:
        self.min = float(y.min())
        logs = np.log(y - self.min + 1)
        self.mean, self.sd = float(logs.mean()), float(logs.std())

    def __call__(self, y: NDArray[np.float64]) -> torch.Tensor:
        # A held-out probe can be dimmer than every training probe: it counts as the dimmest.
        logs = np.log(np.maximum(y, self.min) - self.min + 1)
        return torch.from_numpy(((logs - self.mean) / self.sd).astype(np.float32))


def pearson(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(np.corrcoef(a.double().numpy(), b.double().numpy())[0, 1])


@torch.inference_mode()
def predict(net: ResidualBind, x: torch.Tensor) -> torch.Tensor:
    net.eval()
    return torch.cat([net(block)[:, 0] for block in x.split(1000)])


def train_epoch(net, optimizer, x, y, order) -> float:
    net.train()
    total = 0.0
    for rows in order.split(BATCH):
        loss = torch.nn.functional.mse_loss(net(x[rows])[:, 0], y[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return total / len(order)


def fit(net: ResidualBind, train, valid, seed: int) -> tuple[dict[str, torch.Tensor], list[dict]]:
    """Weights at the best validation r, and the record of every epoch."""
    x, y = train
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, eps=1e-7)
    shuffle = torch.Generator().manual_seed(seed)
    best, best_weights, since_best, since_decay, rate = -1.0, {}, 0, 0, LEARNING_RATE
    history: list[dict] = []
    for epoch in range(EPOCHS):
        start = time.perf_counter()
        loss = train_epoch(net, optimizer, x, y, torch.randperm(len(x), generator=shuffle))
        r = pearson(predict(net, valid[0]), valid[1])
        history.append(
            {
                "epoch": epoch,
                "loss": loss,
                "validation_r": r,
                "rate": rate,
                "seconds": round(time.perf_counter() - start, 1),
            }
        )
        log.info("%s", history[-1])
        since_best, since_decay = since_best + 1, since_decay + 1
        if r > best:
            best, since_best, since_decay = r, 0, 0
            best_weights = {name: w.detach().clone() for name, w in net.state_dict().items()}
        if since_decay == DECAY_PATIENCE:
            rate, since_decay = max(rate * DECAY, FLOOR), 0
            for group in optimizer.param_groups:
                group["lr"] = rate
        if since_best == PATIENCE:
            break
    return best_weights, history


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--permute-labels", action="store_true")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)

    files = {part: args.data / f"{args.experiment}.{part}.txt.gz" for part in ("train", "test")}
    intensity, probes = read_probes(files["train"])
    order = np.random.default_rng(SPLIT_SEED).permutation(len(probes))
    held = round(VALIDATION_SHARE * len(probes))
    kept, checked = order[held:], order[:held]
    norm = LogNorm(intensity[kept])
    x, y = one_hot(probes), norm(intensity)
    if args.permute_labels:
        y = y[torch.from_numpy(np.random.default_rng([SPLIT_SEED, args.seed]).permutation(len(y)))]

    net = ResidualBind()
    weights, history = fit(net, (x[kept], y[kept]), (x[checked], y[checked]), args.seed)
    net.load_state_dict(weights)
    test_intensity, test_probes = read_probes(files["test"])
    test_r = pearson(predict(net, one_hot(test_probes)), norm(test_intensity))

    args.out.mkdir(parents=True, exist_ok=True)
    stem = args.out / f"{args.experiment}.{'permuted.' * args.permute_labels}{args.seed}"
    save_file(weights, stem.with_name(stem.name + ".safetensors"))
    record = {
        "experiment": args.experiment, "seed": args.seed, "split_seed": SPLIT_SEED,
        "permuted_labels": args.permute_labels,
        "train_probes": len(kept), "validation_probes": len(checked), "test_probes": len(test_probes),
        "target": {"transform": "log(y - min + 1), z-score", "min": norm.min, "mean": norm.mean, "sd": norm.sd},
        "test_r": test_r, "validation_r": max(h["validation_r"] for h in history),
        "torch": torch.__version__,
        "sha256": {part: hashlib.sha256(path.read_bytes()).hexdigest() for part, path in files.items()},
        "history": history,
    }  # fmt: skip
    stem.with_name(stem.name + ".json").write_text(json.dumps(record, indent=1) + "\n")
    log.info("test r %.4f", test_r)


if __name__ == "__main__":
    main()
