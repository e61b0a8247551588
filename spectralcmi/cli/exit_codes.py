"""Exit codes of all commands, and the line that explains them."""

DONE, BAD_INPUT, DIVERGED, INTERRUPTED = 0, 2, 3, 130

EXPLANATION = (
    "Exit codes: 0 done; 2 bad input; 3 the run diverged, what was computed is saved; "
    "130 interrupted."
)
