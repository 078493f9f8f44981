WITH filled AS (
    SELECT connection, MONTH(COALESCE(time_to_fill_end_at, closed_at)) AS month,
        substr(COALESCE(department, ''), 1, 200) AS department,
        DAYS(opened_at, COALESCE(time_to_fill_end_at, closed_at)) AS days
    FROM requisitions
    WHERE remote_deleted_at IS NULL AND headcount_hired > 0
        AND COALESCE(time_to_fill_end_at, closed_at) IS NOT NULL
),
placed AS (  -- those without days come last, and are in no total
    SELECT filled.*, ROW_NUMBER() OVER (
            PARTITION BY connection, month, department
            ORDER BY CASE WHEN days IS NULL THEN 1 ELSE 0 END, days
        ) AS place,
        COUNT(days) OVER (PARTITION BY connection, month, department) AS total
    FROM filled
)
SELECT connection, month, department, COUNT(*) AS filled,
    QUANTILES(days, place, total)
FROM placed
GROUP BY connection, month, department
