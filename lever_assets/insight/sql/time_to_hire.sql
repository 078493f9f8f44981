WITH hires AS (
    SELECT a.connection, MONTH(a.hired_at) AS month, substr(COALESCE(j.department, ''), 1, 200) AS department,
        DAYS(a.remote_created_at, a.hired_at) AS days
    FROM applications a
    LEFT JOIN jobs j ON j.connection = a.connection AND j.id = a.job_id AND j.remote_deleted_at IS NULL
    WHERE a.remote_deleted_at IS NULL AND a.outcome = 'HIRED' AND a.hired_at IS NOT NULL
        AND a.candidate_id IS NOT NULL
),
placed AS (  -- those without days come last, and are in no total
    SELECT hires.*, ROW_NUMBER() OVER (
            PARTITION BY connection, month, department
            ORDER BY CASE WHEN days IS NULL THEN 1 ELSE 0 END, days
        ) AS place,
        COUNT(days) OVER (PARTITION BY connection, month, department) AS total
    FROM hires
)
SELECT connection, month, department, COUNT(*) AS hires,
    QUANTILES(days, place, total)
FROM placed
GROUP BY connection, month, department
