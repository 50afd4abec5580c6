"""How to rerun: the spec of a study, or Python calls, and what was recorded about the run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Sized
from typing import Any

from seqdo.designs.design import Design
from seqdo.effects.effects import Effects
from seqdo.outcomes.provenance import EngineRecord, Provenance
from seqdo.reporting.text.labels import names, printable
from seqdo.reporting.text.numbers import MISSING
from seqdo.reporting.view import Rerun
from seqdo.sequences.sequences import Sequences, fingerprint

DEFAULT_LEVEL = 0.95
"""Of ``estimate``."""

_LONGEST = 24
"""Items of a list or mapping that a page shows; provenance.json of a study has them all."""


def rerun(effects: Sequence[Effects]) -> Rerun:
    """The spec (if the run had one), code, and each distinct record with the designs that share it."""
    import yaml

    records: dict[str, list[str]] = {}
    specs: dict[str, None] = {}
    for name, each in zip(names(effects), effects, strict=True):
        kept = each.outcomes.provenance.to_json()
        spec = kept.pop("spec", None)
        if spec:
            specs[spec if isinstance(spec, str) else _yaml(spec)] = None
        if kept:
            text = yaml.safe_dump(_shown(kept), sort_keys=False, allow_unicode=True, width=100)
            records.setdefault(text, []).append(name)
    shown = tuple(
        ("all designs" if len(where) == len(effects) else printable(", ".join(where)), printable(text))
        for text, where in records.items()
    )
    return Rerun("\n".join(map(printable, specs)), _code(effects), shown)


def _code(effects: Sequence[Effects]) -> str:
    """A script from the designs. Model and background are left to fill in; a comment names them."""
    lines, before_real, data_before = ["import seqdo as sd", "", "effects = []"], "", list[str]()
    previous: dict[str, Any] = {"model": None, "background": None}
    for each in effects:
        inputs = _inputs(each.outcomes.provenance)
        for what, before in previous.items():
            record = previous[what] = inputs[what] or "not recorded"
            lines += [f"{what} = ...  # {_one_line(_name(record))}{_mark(record)}"] * (record != before)
        real = _real(each)
        lines += [f"real = ...  # {real}"] * (real not in ("", before_real))
        before_real = real or before_real
        margins = _margins(each)
        data = _data(each.outcomes.design)
        lines += [line for line in data if line not in data_before]
        data_before = data
        lines += [
            f"design = {each.outcomes.design.call or f'...  # {_one_line(each.outcomes.design.question)}'}",
            f"outcomes = sd.run(design, model, background, n={_most(each)}, "
            f"rng={_seed(each)}{_extra(each)}{_until(each)}{', real=real' if real else ''}{_rows(each)})",
            f"effects.append(sd.estimate(outcomes{margins}{_level(each)}{_adjusted(each)}{_corrected(each)}))",
        ]
    return printable("\n".join([*lines, "", 'sd.report(effects, "report.html")']))


def _data(design: Design) -> list[str]:
    """A line for each argument that is too long to write out, which says what it was."""
    origin = design.origin
    return [] if origin is None else [f"{name} = ...  # {_kind(value)}" for name, value in origin.data.items()]


def _kind(value: Any) -> str:  # noqa: ANN401 - an argument of a call
    """Sequences, a table or a list, shortened."""
    if isinstance(value, Sequences):
        record = fingerprint(value)
        return f"{record['number']:,} sequence{'s' * (len(value) > 1)}, sha256 {record['sha256'][:12]}"
    if isinstance(value, Mapping):
        rows = max((len(cells) for cells in value.values() if isinstance(cells, Sized)), default=0)
        return _one_line(f"a table of {rows:,} rows with the columns {', '.join(map(str, value))}")
    return f"{len(value):,} items" if isinstance(value, Sized) else f"an object of type {type(value).__name__}"


def _mark(record: Any) -> str:  # noqa: ANN401
    """The beginning of the hash of weights or sequences, which distinguishes two of one name."""
    if not isinstance(record, Mapping):
        return ""
    members = [member.get("sha256") for member in record.get("members") or ()]
    hashes = members or [(record.get("sources") or {}).get("sha256")]
    return f", sha256 {hashes[0][:12]}" if hashes[0] else ""


def _margins(effects: Effects) -> str:
    """Margins that a user set; the default rule sets the others again."""
    own = {name: margin.value for name, margin in effects.margins.items() if margin.declared}
    return f", margin={json.dumps(own, ensure_ascii=False)}" if own else ""


def _extra(effects: Effects) -> str:
    extra = effects.outcomes.extra
    return f", extra={len(extra.backgrounds)}" if extra else ""


def _real(effects: Effects) -> str:
    """The real sequences of a run, in short; "" if it had none."""
    real = effects.outcomes.provenance.real
    return _one_line(f"{real.number} real sequences, sha256 {real.sha256[:12]}") if real else ""


def _rows(effects: Effects) -> str:
    """The rows of further inputs that differ between backgrounds; the record has their hashes."""
    names = ", ".join(f"{json.dumps(name)}: ..." for name in effects.outcomes.provenance.inputs)
    return f", inputs={{{names}}}" if names else ""


def _most(effects: Effects) -> int:
    """Number of backgrounds to run: those in the outcomes, or the maximum of a run that could stop early."""
    stopping = effects.outcomes.provenance.stopping
    return stopping.most if stopping else int(effects.outcomes.y.sizes["background"])


def _until(effects: Effects) -> str:
    stopping = effects.outcomes.provenance.stopping
    return f", until={stopping.call}" if stopping else ""


def _level(effects: Effects) -> str:
    return "" if effects.level == DEFAULT_LEVEL else f", level={effects.level!r}"


def _corrected(effects: Effects) -> str:
    return "" if effects.multiplicity == "bh" else f", multiplicity={effects.multiplicity!r}"


def _adjusted(effects: Effects) -> str:
    return f", adjust={list(effects.adjusted)!r}" if effects.adjusted else ""


def _seed(effects: Effects) -> str:
    provenance = effects.outcomes.provenance
    if provenance.seed is None:  # a number that a user recorded by hand
        text = str(provenance.others.get("seed", "..."))
    else:
        text = "..." if provenance.seed.spawn_key else provenance.seed.entropy
    return text if text.isdigit() else "..."


def facts(effects: Sequence[Effects]) -> dict[str, str]:
    """Model, background, number of backgrounds, engine and seed, for the top of a page."""
    values: dict[str, dict[str, None]] = {"model": {}, "background": {}, "backgrounds per arm": {}, "seed": {}}
    values["engine"] = {}
    for each in effects:
        inputs = _inputs(each.outcomes.provenance)
        values["model"][_name(inputs["model"])] = None
        values["background"][_name(inputs["background"])] = None
        values["backgrounds per arm"][f"{each.outcomes.y.sizes['background']:,}"] = None
        values["engine"][_engine(each.outcomes.provenance.engine)] = None
        values["seed"][_seed(each).replace("...", "see the record")] = None
    return {name: printable(", ".join(several)) for name, several in values.items()}


def _inputs(provenance: Provenance) -> dict[str, Any]:
    """The model and the background as they described themselves; None where they are not recorded."""
    model, background = provenance.model, provenance.background
    return {"model": model and model.to_json(), "background": background and background.to_json()}


def _engine(engine: EngineRecord | None) -> str:
    """The engine that computed the predictions, and why it was chosen."""
    if engine is None:
        return "not recorded"
    return f"{engine.name}: {engine.reason}" if engine.reason else engine.name


def _name(described: Any) -> str:  # noqa: ANN401
    """A model or background in short."""
    if not isinstance(described, Mapping):
        return str(described) if described else "not recorded"
    if "kind" in described:
        return f"{described['kind']}, {_span(described.get('shortest'), described.get('longest'))}".removesuffix(", ")
    members = len(described.get("members") or ())
    return str(described.get("name") or "not recorded") + (f" ({members} members)" if members > 1 else "")


def _span(shortest: Any, longest: Any) -> str:  # noqa: ANN401
    if shortest is None or longest is None:
        return ""
    return f"length {shortest}" if shortest == longest else f"lengths {shortest} to {longest}"


def _shown(value: Any) -> Any:  # noqa: ANN401
    """A record with text for missing values, and long lists cut."""
    if isinstance(value, Mapping):
        items = list(value.items())
        cut = {"...": f"{len(items) - _LONGEST} more"} if len(items) > _LONGEST else {}
        return {str(key): _shown(item) for key, item in items[:_LONGEST]} | cut
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value[:_LONGEST]] + [f"... {len(value) - _LONGEST} more"] * (
            len(value) > _LONGEST
        )
    if value is None:
        return "none"
    if isinstance(value, float):
        return value if math.isfinite(value) else MISSING
    return value if isinstance(value, bool | int | str) else str(value)


def _yaml(spec: Any) -> str:  # noqa: ANN401
    import yaml

    return str(yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=100))


def _one_line(text: str) -> str:
    """Text for a comment: a line break would end the comment, and begin code."""
    return " ".join(printable(text).split())
