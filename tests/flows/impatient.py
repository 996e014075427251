"""The command line, where a call is given NIGHTBENCH_TEST_TIMEOUT_S seconds in place of ten minutes."""

import os

import tasks.call.course
from flows.cli.main import main

if __name__ == "__main__":
    tasks.call.course.TIMEOUT_S = float(os.environ["NIGHTBENCH_TEST_TIMEOUT_S"])
    main()
