SELECT i.connection, MONTH(i.starting_at) AS month, m.user_id,
    SUM(CASE WHEN COALESCE(i.canceled, FALSE) THEN 0 ELSE 1 END) AS interviews,
    SUM(CASE WHEN COALESCE(i.canceled, FALSE) THEN 1 ELSE 0 END) AS canceled,
    SUM(CASE WHEN COALESCE(i.canceled, FALSE) OR i.ending_at IS NULL THEN 0.0
        ELSE 24 * DAYS(i.starting_at, i.ending_at) END) AS hours
FROM interviewing_team_members m
JOIN interviews i
    ON i.connection = m.connection AND i.id = m.interview_id AND i.remote_deleted_at IS NULL
WHERE m.remote_deleted_at IS NULL AND m.user_id IS NOT NULL AND i.starting_at IS NOT NULL
GROUP BY i.connection, MONTH(i.starting_at), m.user_id
