WITH came AS (
    SELECT c.connection, MONTH(c.remote_created_at) AS month, substr(COALESCE(c.source, ''), 1, 200) AS source,
        CASE WHEN EXISTS (
            SELECT 1 FROM applications a WHERE a.connection = c.connection AND a.candidate_id = c.id
                AND a.remote_deleted_at IS NULL
        ) THEN 1 ELSE 0 END AS applied,
        CASE WHEN EXISTS (
            SELECT 1 FROM interviews i WHERE i.connection = c.connection AND i.candidate_id = c.id
                AND i.remote_deleted_at IS NULL AND NOT COALESCE(i.canceled, FALSE)
        ) THEN 1 ELSE 0 END AS interviewed,
        CASE WHEN EXISTS (
            SELECT 1 FROM applications a JOIN offers o ON o.connection = a.connection AND o.application_id = a.id
            WHERE a.connection = c.connection AND a.candidate_id = c.id AND a.remote_deleted_at IS NULL
                AND o.remote_deleted_at IS NULL AND o.status IN ('SENT', 'ACCEPTED', 'DECLINED')
        ) THEN 1 ELSE 0 END AS offered,
        CASE WHEN EXISTS (
            SELECT 1 FROM applications a WHERE a.connection = c.connection AND a.candidate_id = c.id
                AND a.remote_deleted_at IS NULL AND a.outcome = 'HIRED'
        ) THEN 1 ELSE 0 END AS hired
    FROM candidates c
    WHERE c.remote_deleted_at IS NULL AND c.remote_created_at IS NOT NULL
)
SELECT connection, month, source, COUNT(*) AS candidates, SUM(applied) AS applied,
    SUM(interviewed) AS interviewed, SUM(offered) AS offered, SUM(hired) AS hired,
    AVG(1.0 * hired) AS rate
FROM came
GROUP BY connection, month, source
