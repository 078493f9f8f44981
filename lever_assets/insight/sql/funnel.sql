WITH entered AS (  -- when each candidate was first in each stage
    SELECT connection, candidate_id, to_stage_id AS stage_id, MIN(entered_at) AS entered_at
    FROM application_stage_changes
    WHERE remote_deleted_at IS NULL
        AND candidate_id IS NOT NULL AND to_stage_id IS NOT NULL AND entered_at IS NOT NULL
    GROUP BY connection, candidate_id, to_stage_id
),
placed AS (
    SELECT e.*, s.name AS stage_name, s.global_index AS stage_index,
        MAX(s.global_index) OVER (PARTITION BY e.connection, e.candidate_id) AS furthest
    FROM entered e
    LEFT JOIN application_stages s
        ON s.connection = e.connection AND s.id = e.stage_id AND s.remote_deleted_at IS NULL
),
ranked AS (  -- of several applications the newest counts
    SELECT connection, candidate_id, job_id, ROW_NUMBER() OVER (
        PARTITION BY connection, candidate_id
        ORDER BY CASE WHEN remote_created_at IS NULL THEN 1 ELSE 0 END, remote_created_at DESC, id DESC
    ) AS place
    FROM applications WHERE remote_deleted_at IS NULL
),
hired AS (
    SELECT DISTINCT connection, candidate_id
    FROM applications WHERE remote_deleted_at IS NULL AND outcome = 'HIRED'
)
SELECT p.connection, MONTH(p.entered_at) AS month, COALESCE(r.job_id, '') AS job_id,
    substr(COALESCE(c.source, ''), 1, 200) AS source, p.stage_id, MIN(j.department) AS department,
    MIN(p.stage_name) AS stage_name, MIN(p.stage_index) AS stage_index, COUNT(*) AS entered,
    SUM(CASE WHEN p.stage_index < p.furthest OR h.candidate_id IS NOT NULL THEN 1 ELSE 0 END) AS passed,
    AVG(CASE WHEN p.stage_index < p.furthest OR h.candidate_id IS NOT NULL THEN 1.0 ELSE 0.0 END) AS rate
FROM placed p
LEFT JOIN candidates c
    ON c.connection = p.connection AND c.id = p.candidate_id AND c.remote_deleted_at IS NULL
LEFT JOIN ranked r ON r.connection = p.connection AND r.candidate_id = p.candidate_id AND r.place = 1
LEFT JOIN jobs j ON j.connection = p.connection AND j.id = r.job_id AND j.remote_deleted_at IS NULL
LEFT JOIN hired h ON h.connection = p.connection AND h.candidate_id = p.candidate_id
GROUP BY p.connection, MONTH(p.entered_at), COALESCE(r.job_id, ''), substr(COALESCE(c.source, ''), 1, 200), p.stage_id
