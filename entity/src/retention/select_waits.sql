-- Whether something before $1 waits to be rolled up.
SELECT EXISTS (SELECT FROM rollup_dirty WHERE bucket < $1)
    OR EXISTS (SELECT FROM rollup_due WHERE bucket < $1)
