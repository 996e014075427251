-- Tokens of an answer; an answer that was an error and came without a count had none.
create or replace macro tokens_known(tokens, error_kind) as
    case when error_kind is not null then coalesce(tokens, 0) else tokens end
