"""The world of `long_document`: a board's register of ten years, its facts, its text, its questions."""
