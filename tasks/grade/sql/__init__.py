"""SQL judged by what it returns: the grader, the processes that run queries, and how rows are compared."""
