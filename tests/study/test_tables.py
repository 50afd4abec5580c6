"""Tables in a study: arms, contrasts and variants, sought beside the spec."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

import seqdo as sd
from seqdo.errors import InputError
from seqdo.specs.entry import entry
from seqdo.specs.spec import read_spec
from seqdo.study.open_model import open_model
from seqdo.study.plan import planned
from seqdo.study.study import Study

ROOT = Path(__file__).parents[2]
STUDY = """\
model: {planted: {GATTA: 2.0}, length: 12}
background: {kind: uniform, length: 12}
n: 20
designs:
  - {experiment: design_from_table, table: arms.csv, contrasts: weights.csv, question: What is it}
  - {experiment: design_from_table, table: arms.csv, contrasts: {difference: {a: 1, b: -1.0}}}
  - {experiment: variants, table: v.vcf, sequences: probes.fa, symbolic: drop}
  - {experiment: variants, table: v.vcf, sequences: {genome: probes.fa}, length: 12, indels: drop, symbolic: drop}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "arms.csv").write_text("arm,start,letters\na,2,GATTA\nb,5,CC\n")
    (tmp_path / "weights.csv").write_text("contrast,arm,weight\ndifference,a,1\ndifference,b,-1\n")
    (tmp_path / "probes.fa").write_text(">p\nCCGATTACCCCC\n")
    (tmp_path / "v.vcf").write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\np\t4\tv\tA\tC,<DEL>\n")
    return tmp_path


@pytest.mark.filterwarnings("ignore:1 of 2 variants were left out")
def test_tables_are_read_from_beside_the_spec_and_a_study_runs(folder):
    spec, entries = read_spec(folder / "study.yaml")
    assert "2 arms × 1 backgrounds" in planned(spec, entries, folder)
    study = Study(spec, open_model(spec.model, folder), folder)
    found = [study.run_design(one) for one in entries]
    assert found[0].outcomes.design.question == "What is it"
    for one in found[:2]:
        assert one.table["contrast"].tolist() == ["effect", "effect", "difference"]
    for one in found[2:]:
        assert one.individual["background"].tolist() == ["v"]
        assert one.individual["estimate"].tolist() == [-2.0]  # the only GATTA is broken
    for one in entries:  # as the study's folder keeps it
        again = entry(one.model_dump(mode="json", exclude_unset=True))
        assert again.model_dump() == one.model_dump()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"experiment": "design_from_table", "table": 3}, "table"),
        ({"experiment": "design_from_table", "table": "no.csv"}, "no such file"),
        ({"experiment": "design_from_table", "table": "arms.csv", "contrasts": {"d": {"a": "x"}}}, "contrasts"),
        ({"experiment": "variants", "table": "v.vcf", "sequences": "probes.fa", "indels": "keep"}, "indels"),
        ({"experiment": "variants", "table": "v.vcf", "sequences": {"genom": "x"}}, "sequences"),
        ({"experiment": "variants", "table": "v.vcf", "sequences": {"genome": "probes.fa"}}, "alternatives"),
    ],
)
def test_what_a_study_can_not_say_is_refused(folder, content, words):
    with pytest.raises(InputError, match=words):
        entry(content).design(folder)


def test_the_free_design_of_the_examples_is_what_it_says():
    _, (free,) = read_spec(ROOT / "examples" / "free_design.yaml")
    design = free.design(ROOT / "examples", sd.RNA)
    assert len(design.arms) == 3 * 3  # three cores, of which one is kept, by three flanks; both kept is none
    assert {"flank changes it", "G instead of A"} <= {contrast.name for contrast in design.contrasts}


PROBES = ROOT.parent / "shared" / "data" / "rnacompete" / "RNCMPT00002.test.txt.gz"


@pytest.mark.skipif(not PROBES.is_file(), reason=f"{PROBES.name} is in ../shared/data, which is not beside this clone")
def test_the_variants_of_the_examples_are_of_their_probes(tmp_path):
    found = importlib.util.spec_from_file_location("examples_data", ROOT / "examples" / "data.py")
    data = importlib.util.module_from_spec(found)
    found.loader.exec_module(data)
    (tmp_path / "sequences").mkdir()
    data.variants(PROBES, tmp_path / "sequences")
    for name in ("variants.yaml", "variants.csv"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    _, (variants,) = read_spec(tmp_path / "variants.yaml")
    asked = variants.design(tmp_path, sd.RNA)
    assert len(asked.own_sequences) == 25  # five in each of five probes, whose REF letters are checked
    assert asked.own_sequences.lengths.max() <= 41
