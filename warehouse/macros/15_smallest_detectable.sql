-- The smallest true difference that a paired comparison with standard error `se` shows (two-sided 5 %) in four
-- cases of five: 1.96 + 0.84 standard errors.
-- Source: J. Cohen (1988), Statistical Power Analysis, chapter 2; E. Miller (2024), arXiv:2411.00640, section 5.
create or replace macro smallest_detectable(se) as
    2.801585218112969e0 * se
