"""A suite of any size for the programs that time runs: how much is i plus 1?"""

from pathlib import Path

MODEL = "gpt-4o-2024-05-13"
SUITE = """name = "bench"
[params]
max_tokens = 64
[[graders]]
type = "numeric"
extract = "last_number"
"""
SAMPLES = """select 's' || i as sample_id, 'How much is ' || i || ' plus 1? Answer with the number.' as input,
    cast(i + 1 as varchar) as target from range({n}) as r(i)
"""


def write(folder: Path, n: int, base_url: str, limits: str = "", more: str = "") -> Path:
    """The suite in `suites`, and a spec for it, whose path is returned; `more` stands at the spec's end."""
    suite = folder / "suites" / "bench"
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(SUITE, encoding="utf-8")
    (suite / "samples.sql").write_text(SAMPLES.format(n=n), encoding="utf-8")
    spec = folder / "spec.toml"
    model = f'{{ model = "simulated/{MODEL}", base_url = "{base_url}"{limits} }}'
    spec.write_text(f'suites = ["bench"]\nmodels = [{model}]\n{more}', encoding="utf-8")
    return spec
