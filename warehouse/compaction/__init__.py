"""Small files of many runs become one a table and month, and answer as before."""
