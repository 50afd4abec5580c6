"""Sequences that studies read, made from the public data. The data are not part of the project.

``prepare`` returns the studies that are left out because their data are missing.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from seqdo import DNA, Edit, Sequences, backgrounds, find_sites, read_motifs, zoo
from seqdo.sequences.edit import apply

HERE = Path(__file__).parent
PROBES = "rnacompete/RNCMPT00002.test.txt.gz"
PEAKS, OTHERS = "chip/IRF1_400_h3k27ac.h5", "chip/ZBED2_400_h3k27ac.h5"
WEIGHTS = "bpnet_oskn/bpnet_oskn_weights.npz"


def prepare(data: Path, out: Path) -> dict[str, str]:
    """Write the files that studies read into ``out``; return the studies that cannot run, with the missing file."""
    out.mkdir(exist_ok=True)
    missing: dict[str, str] = {}
    for name, (needed, write) in NEEDS.items():
        if not (data / needed).exists():
            missing[name] = str(data / needed)
        elif write is not None:
            write(data / needed, out)
    return missing


def occlusion(probes: Path, out: Path) -> None:
    """Write all held-out probes as FASTA, and the probes that contain ACGUAA."""
    with gzip.open(probes, "rt") as rows:
        texts = [row.split()[1] for row in rows]
    for name, some in (("rncmpt00002", texts), ("rncmpt00002_acguaa", [text for text in texts if "ACGUAA" in text])):
        (out / f"{name}.fa").write_text("".join(f">{name}_{i}\n{text}\n" for i, text in enumerate(some)), "utf-8")


def ice_maps(probes: Path, out: Path) -> None:
    """Write three sets of held-out probes.

    Probes that begin with AGACGUAA; the first of these with 38 nt; probes of 38 nt with ACGUAA at 21.
    """
    with gzip.open(probes, "rt") as rows:
        texts = list(enumerate(row.split()[1] for row in rows))
    begin = [(i, text) for i, text in texts if text.startswith("AGACGUAA")]
    inside = [(i, text) for i, text in texts if len(text) == 38 and text.find("ACGUAA") == 21]
    first = [next((i, text) for i, text in begin if len(text) == 38)]
    for name, some in (("begin", begin), ("inside", inside), ("one", first)):
        written = "".join(f">rncmpt00002_{i}\n{text}\n" for i, text in some)
        (out / f"ice_maps_{name}.fa").write_text(written, "utf-8")


def variants(probes: Path, out: Path) -> None:
    """Write the five probes that variants.csv names. A name holds the line of the probe in the held-out file."""
    with gzip.open(probes, "rt") as rows:
        texts = [row.split()[1] for row in rows]
    named = dict.fromkeys(line.split(",")[1] for line in (HERE / "variants.csv").read_text("utf-8").splitlines()[1:])
    written = "".join(f">{name}\n{texts[int(name.removeprefix('probe_')) - 1]}\n" for name in named)
    (out / "variants.fa").write_text(written, "utf-8")


def irf1(peaks: Path, out: Path) -> None:
    """Write the bound regions, and the sites of IRF1 that FIMO finds in them."""
    regions = bound(peaks, out, "irf1")
    motifs = read_motifs(peaks.parents[1] / "motifs" / "JASPAR_CORE_2016_vertebrates.meme")
    (motif,) = (motif for motif in motifs if "MA0050.2" in motif.name)
    find_sites(regions, motif, method="fimo", threshold=1e-5).to_csv(out / "irf1_sites.csv", index=False)


def zbed2(peaks: Path, out: Path) -> None:
    """Write the bound regions. No motif of ZBED2 is available: the screen of the study finds its sites."""
    bound(peaks, out, "zbed2")


def bound(peaks: Path, out: Path, name: str) -> Sequences:
    """Write NAME_bound.fa: bound regions that were used neither to train nor to validate the network."""
    with h5py.File(peaks) as file:
        codes = file["X_test"][file["Y_test"][:, 0] == 1].argmax(1).astype(np.uint8)
    names = tuple(f"{name}_{i}" for i in range(len(codes)))
    regions = Sequences(codes, np.full(len(codes), codes.shape[1], np.int64), DNA, names)
    written = "".join(f">{region}\n{text}\n" for region, text in zip(names, regions.to_strings(), strict=True))
    (out / f"{name}_bound.fa").write_text(written, "utf-8")
    return regions


def probes(measured: Path, out: Path) -> None:
    """Write held-out probes of RNAcompete, and their intensities on the scale of the model's target."""
    name = measured.name.partition(".")[0].lower()
    low, mean, spread = constants(f"residualbind-{name}", "min", "mean", "SD")
    with gzip.open(measured, "rt") as rows:
        pairs = [row.split() for row in rows]
    y = np.array([float(intensity) for intensity, _ in pairs])
    y = (np.log(np.maximum(y, low) - low + 1) - mean) / spread
    lines = "".join(f"{text},{value:.6f}\n" for (_, text), value in zip(pairs, y, strict=True) if np.isfinite(value))
    (out / f"{name}_probes.csv").write_text("sequence,intensity\n" + lines, "utf-8")


def promoters(measured: Path, out: Path) -> None:
    """Write all random yeast promoters, and their expression on the scale of the model's target."""
    mean, spread = constants("promoter-yeast", "mean", "SD")
    table = pd.read_csv(measured, usecols=["seq110", "Measured Expression"])
    table["expression"] = ((table.pop("Measured Expression") - mean) / spread).round(6)
    table.rename(columns={"seq110": "sequence"}).to_csv(out / "yeast_promoters.csv", index=False)


def constants(model: str, *names: str) -> list[float]:
    """Constants of a model's target, read from its card. For several outputs, those of the first output."""
    card = zoo.CATALOGUE[model].card
    matches = [re.search(rf"\b{name} (-?[\d.]+\d)", card) for name in names]
    return [float(match[1]) for match in matches if match]


def nanog(weights: Path, out: Path) -> None:
    """Write 1,200 random sequences with two Nanog motifs: one in the middle, and one 11 to 160 bp after it.

    The distance is measured from center to center. Each distance has eight sequences, and their names hold it.
    """
    distances = np.repeat(np.arange(11, 161), 8)
    null = backgrounds.uniform(1000).sample(len(distances), rng=24)
    motif = DNA.encode("AGCCATCA")
    pairs = apply(null, [Edit("first", motif, 496), Edit("second", motif, 496 + distances)]).to_strings()
    written = "".join(f">pair_{i}_{d}\n{text}\n" for i, (d, text) in enumerate(zip(distances, pairs, strict=True)))
    (out / "nanog_pairs.fa").write_text(written, "utf-8")


NEEDS: dict[str, tuple[str, Callable[[Path, Path], None] | None]] = {
    "bpnet_nanog": (WEIGHTS, None),
    "bpnet_nanog_occluded": (WEIGHTS, nanog),
    "bpnet_nanog_sox2": (WEIGHTS, None),
    "bpnet_pairs": (WEIGHTS, None),
    "bpnet_sox2_nanog": (WEIGHTS, None),
    "hairpin_vts1": ("rnacompete_s/RNAcompeteS_Vts1.fa.gz", None),
    "ice_maps": (PROBES, ice_maps),
    "irf1": (PEAKS, irf1),
    "irf1_zbed2": (OTHERS, None),
    "measured_00001": ("rnacompete/RNCMPT00001.test.txt.gz", probes),
    "measured_00002": (PROBES, probes),
    "measured_yeast": ("yeast_promoters/Random_defined.csv.gz", promoters),
    "occlusion": (PROBES, occlusion),
    "variants": (PROBES, variants),
    "zbed2": (OTHERS, zbed2),
}
"""Study -> the file of the data that it needs, and the function that writes what the study reads."""
