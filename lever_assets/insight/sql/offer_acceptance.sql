SELECT o.connection, MONTH(o.remote_created_at) AS month, COALESCE(a.job_id, '') AS job_id,
    MIN(j.department) AS department, COUNT(*) AS offers,
    SUM(CASE WHEN o.status = 'ACCEPTED' THEN 1 ELSE 0 END) AS accepted,
    SUM(CASE WHEN o.status = 'DECLINED' THEN 1 ELSE 0 END) AS declined,
    SUM(CASE WHEN o.status = 'ABANDONED' THEN 1 ELSE 0 END) AS withdrawn,
    SUM(CASE WHEN o.status IN ('ACCEPTED', 'DECLINED', 'ABANDONED') THEN 0 ELSE 1 END) AS undecided,
    AVG(CASE o.status WHEN 'ACCEPTED' THEN 1.0 WHEN 'DECLINED' THEN 0.0 END) AS rate
FROM offers o
LEFT JOIN applications a
    ON a.connection = o.connection AND a.id = o.application_id AND a.remote_deleted_at IS NULL
LEFT JOIN jobs j ON j.connection = a.connection AND j.id = a.job_id AND j.remote_deleted_at IS NULL
WHERE o.remote_deleted_at IS NULL AND o.remote_created_at IS NOT NULL
GROUP BY o.connection, MONTH(o.remote_created_at), COALESCE(a.job_id, '')
