WITH waiting AS (
    SELECT a.*, COALESCE((
        SELECT MAX(v.entered_at) FROM application_stage_changes v
        WHERE v.connection = a.connection AND v.candidate_id = a.candidate_id
            AND v.to_stage_id = a.current_stage_id AND v.remote_deleted_at IS NULL
    ), a.remote_created_at) AS since
    FROM applications a
    WHERE a.remote_deleted_at IS NULL AND a.outcome = 'PENDING' AND a.candidate_id IS NOT NULL
)
SELECT w.connection, w.id AS application_id, COALESCE(MONTH(w.since), '') AS month, w.candidate_id,
    COALESCE(w.job_id, '') AS job_id, j.department, w.current_stage_id AS stage_id,
    s.name AS stage_name, s.global_index AS stage_index, w.since
FROM waiting w
LEFT JOIN jobs j ON j.connection = w.connection AND j.id = w.job_id AND j.remote_deleted_at IS NULL
LEFT JOIN application_stages s
    ON s.connection = w.connection AND s.id = w.current_stage_id AND s.remote_deleted_at IS NULL
