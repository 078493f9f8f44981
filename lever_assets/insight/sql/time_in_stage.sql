WITH ranked AS (  -- of several applications the newest counts
    SELECT connection, candidate_id, job_id, ROW_NUMBER() OVER (
        PARTITION BY connection, candidate_id
        ORDER BY CASE WHEN remote_created_at IS NULL THEN 1 ELSE 0 END, remote_created_at DESC, id DESC
    ) AS place
    FROM applications WHERE remote_deleted_at IS NULL
),
visits AS (
    SELECT v.connection, MONTH(v.left_at) AS month, substr(COALESCE(j.department, ''), 1, 200) AS department,
        v.to_stage_id AS stage_id, s.name AS stage_name, s.global_index AS stage_index,
        DAYS(v.entered_at, v.left_at) AS days
    FROM application_stage_changes v
    LEFT JOIN ranked r ON r.connection = v.connection AND r.candidate_id = v.candidate_id AND r.place = 1
    LEFT JOIN jobs j ON j.connection = v.connection AND j.id = r.job_id AND j.remote_deleted_at IS NULL
    LEFT JOIN application_stages s
        ON s.connection = v.connection AND s.id = v.to_stage_id AND s.remote_deleted_at IS NULL
    WHERE v.remote_deleted_at IS NULL AND v.candidate_id IS NOT NULL AND v.to_stage_id IS NOT NULL
        AND v.left_at >= v.entered_at
),
placed AS (
    SELECT visits.*, ROW_NUMBER() OVER (
            PARTITION BY connection, month, department, stage_id ORDER BY days
        ) AS place,
        COUNT(*) OVER (PARTITION BY connection, month, department, stage_id) AS total
    FROM visits
)
SELECT connection, month, department, stage_id, MIN(stage_name) AS stage_name,
    MIN(stage_index) AS stage_index, COUNT(*) AS visits,
    QUANTILES(days, place, total)
FROM placed
GROUP BY connection, month, department, stage_id
