{# That a model has as many rows as its table has of what is there: none is lost in a join, and none doubled. #}
{% test as_many_as_source(model, source_table, counted='*') %}
select made.n as made, there.n as there
from (select count({{ counted }}) as n from {{ model }}) as made
cross join (
    select count(*) as n
    from {{ source('lever_assets', source_table) }}
    where remote_deleted_at is null
) as there
where made.n <> there.n
{% endtest %}
