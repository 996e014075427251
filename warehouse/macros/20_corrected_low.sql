-- Lower end of the 95 % interval of corrected_share, never above the share itself; arguments and NULL as there.
-- Source: Z. Lang, J. Reiczigel (2014), Preventive Veterinary Medicine 113:13-22.
create or replace macro corrected_low(share, n, se, n_se, sp, n_sp) as
    case
        when judge_tells(n, se, n_se, sp, n_sp) then least(
            corrected_share(share, n, se, n_se, sp, n_sp),
            greatest(
                0e0,
                coalesce(
                    corrected_middle(share, n, se, n_se, sp, n_sp)
                    + corrected_shift(
                        corrected_middle(share, n, se, n_se, sp, n_sp), se, n_se, sp, n_sp
                    )
                    - corrected_width(
                        corrected_middle(share, n, se, n_se, sp, n_sp), share, n, se, n_se, sp, n_sp
                    ),
                    0e0
                )
            )
        )
    end
