"""Make datasets/mmlu_redux/suite.toml: the head below, and a pin for each of the 57 files in a folder.

python -m bench.make_mmlu_redux DIR            writes the file; DIR holds mmlu_*.csv as the source has them
python -m bench.make_mmlu_redux DIR --check    says whether the committed file is what would be written
"""

import argparse
import hashlib
import sys
from pathlib import Path

SOURCE = "https://raw.githubusercontent.com/aryopg/mmlu-redux"
COMMIT = "4563cfa79b659d76716e5b6019f46bba85fa02db"
MAC_ROMAN = "mmlu_moral_scenarios.csv"  # all others are UTF-8
N_FILES = 57
CARD = Path(__file__).parents[1] / "datasets" / "mmlu_redux" / "suite.toml"
HEAD = """\
# MMLU-Redux is not MMLU: 100 questions of each of MMLU's 57 subjects, read again by hand and marked where
# question, options or label are wrong. A score here is no MMLU score; the subjects count alike, which in
# MMLU they do not.
#
# What is scored: the sound questions (error_type ok), and those whose only fault was the label, against the
# corrected one where the annotators give one of the four options. All others are asked and graded, but are
# left out of accuracy (scored = false): unclear question or options, several or no right options, a label
# that is wrong without a right one, and what only an expert can decide.
#
# Prompt and extraction follow simple-evals' MMLU (github.com/openai/simple-evals at ee3b0318d8d1,
# common.py and mmlu_eval.py), which the published GPT-4o figures come from: zero-shot, reasoning first, the
# letter on a last line "Answer: X". Differences: temperature is 0 instead of 0.5; the system message
# "You are a helpful assistant." of those figures belongs into a spec's entry (system); the last stated
# letter counts, not the first; white space around a question and carriage returns are gone.
#
# Written by bench/make_mmlu_redux.py. The pins are of the files as they lie.
name = "mmlu_redux"
version = "1"
title = "MMLU-Redux: 57 subjects of MMLU, re-annotated by hand (not MMLU)"
licence = "CC-BY-4.0 (annotations), MIT (questions of MMLU)"
citation = "Gema et al. 2024, Are We Done with MMLU?, arXiv:2406.04127; questions of Hendrycks et al. \
2020, Measuring Massive Multitask Language Understanding, arXiv:2009.03300; prompt of \
github.com/openai/simple-evals"

[params]
max_tokens = 2048
temperature = 0.0

[[graders]]
type = "choice"
extract = "letter"
"""


def render(folder: Path) -> str:
    """The whole suite.toml, with the sha256 of the files in the folder."""
    files = sorted(folder.glob("mmlu_*.csv"))
    if len(files) != N_FILES:
        raise SystemExit(f"{folder}: {len(files)} files mmlu_*.csv; MMLU-Redux has {N_FILES}")
    return HEAD + "".join(map(_pin, files))


def _pin(file: Path) -> str:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    encoding = 'encoding = "mac_roman"\n' if file.name == MAC_ROMAN else ""
    return f'\n[[source]]\nurl = "{SOURCE}/{COMMIT}/mmlu_redux/{file.name}"\nsha256 = "{digest}"\n{encoding}'


def main() -> int:
    """Write the file, or with `--check` compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the 57 CSV files are")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file differs")
    asked = parser.parse_args()
    made = render(asked.folder)
    if asked.check:
        same = CARD.read_text(encoding="utf-8") == made
        print("as committed" if same else f"{CARD} differs from what would be written")
        return 0 if same else 1
    CARD.write_text(made, encoding="utf-8")
    print(f"{made.count('[[source]]')} pins written to {CARD}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
