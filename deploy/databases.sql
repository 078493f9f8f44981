-- Dagster's own tables: beside ours they would collide (`jobs`).
CREATE DATABASE dagster;
