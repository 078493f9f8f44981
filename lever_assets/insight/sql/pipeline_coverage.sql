WITH waiting AS (
    SELECT connection, job_id, COUNT(*) AS applications
    FROM applications WHERE remote_deleted_at IS NULL AND outcome = 'PENDING'
    GROUP BY connection, job_id
),
linked AS (
    SELECT l.connection, l.requisition_id, COUNT(*) AS jobs, SUM(COALESCE(w.applications, 0)) AS applications
    FROM (
        SELECT DISTINCT connection, requisition_id, job_id FROM job_requisitions
        WHERE remote_deleted_at IS NULL
    ) l
    JOIN jobs j ON j.connection = l.connection AND j.id = l.job_id AND j.remote_deleted_at IS NULL
    LEFT JOIN waiting w ON w.connection = l.connection AND w.job_id = l.job_id
    GROUP BY l.connection, l.requisition_id
),
covered AS (
    SELECT q.connection, q.id AS requisition_id, COALESCE(MONTH(q.opened_at), '') AS month, q.department,
        q.headcount_total, COALESCE(q.headcount_hired, 0) AS headcount_hired,
        CASE WHEN q.headcount_total < COALESCE(q.headcount_hired, 0) THEN 0
            ELSE q.headcount_total - COALESCE(q.headcount_hired, 0) END AS headcount_open,
        COALESCE(l.jobs, 0) AS jobs, COALESCE(l.applications, 0) AS applications
    FROM requisitions q
    LEFT JOIN linked l ON l.connection = q.connection AND l.requisition_id = q.id
    WHERE q.remote_deleted_at IS NULL AND q.status = 'open'
)
SELECT covered.*, CASE WHEN headcount_open > 0 THEN 1.0 * applications / headcount_open END AS coverage
FROM covered
