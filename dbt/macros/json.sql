{#
  What Lever's own record says, out of JSON: text in a SQLite file that DuckDB reads, jsonb in PostgreSQL.
  `value` is an expression, `path` a list of keys. What is not there, or of another type, is null.
#}

{% macro json_text(value, path) -%}
    {{ return(adapter.dispatch('json_text', 'lever_assets')(value, path)) }}
{%- endmacro %}

{% macro default__json_text(value, path) -%}
    nullif(json_extract_string({{ value }}, {{ lever_assets.json_path(path) }}), '')
{%- endmacro %}

{% macro postgres__json_text(value, path) -%}
    nullif({{ value }} #>> {{ lever_assets.json_path(path) }}, '')
{%- endmacro %}


{% macro json_integer(value, path) -%}
    {{ return(adapter.dispatch('json_integer', 'lever_assets')(value, path)) }}
{%- endmacro %}

{% macro default__json_integer(value, path) -%}
    try_cast({{ lever_assets.json_text(value, path) }} as bigint)
{%- endmacro %}

{% macro postgres__json_integer(value, path) -%}
    case when {{ lever_assets.json_text(value, path) }} ~ {{ lever_assets.digits() }}
        then cast(cast({{ lever_assets.json_text(value, path) }} as numeric) as bigint) end
{%- endmacro %}

{# A number, also as text: some accounts have it so. #}
{% macro digits() -%}
    '^-?[0-9]{1,15}([.][0-9]+)?$'
{%- endmacro %}


{% macro json_boolean(value, path) -%}
    case {{ lever_assets.json_text(value, path) }} when 'true' then true when 'false' then false end
{%- endmacro %}


{# Lever's instants are milliseconds since 1970. #}
{% macro json_instant(value, path) -%}
    {{ return(adapter.dispatch('json_instant', 'lever_assets')(value, path)) }}
{%- endmacro %}

{% macro default__json_instant(value, path) -%}
    make_timestamp(1000 * {{ lever_assets.json_integer(value, path) }})
{%- endmacro %}

{% macro postgres__json_instant(value, path) -%}
    case when {{ lever_assets.json_text(value, path) }} ~ {{ lever_assets.digits() }}
        then timezone('UTC', to_timestamp(cast({{ lever_assets.json_text(value, path) }} as numeric) / 1000)) end
{%- endmacro %}


{# A table of what a list holds, to be joined: `value`, as JSON, and `place`, from 1. #}
{% macro json_elements(value, path) -%}
    {{ return(adapter.dispatch('json_elements', 'lever_assets')(value, path)) }}
{%- endmacro %}

{% macro default__json_elements(value, path) -%}
    (
        select
            unnest(json_extract({{ value }}, {{ lever_assets.json_path(path + ['*']) }})) as value,
            generate_subscripts(json_extract({{ value }}, {{ lever_assets.json_path(path + ['*']) }}), 1) as place
    )
{%- endmacro %}

{% macro postgres__json_elements(value, path) -%}
    (
        select found.value, found.place
        from jsonb_array_elements(
            case
                when jsonb_typeof({{ value }} #> {{ lever_assets.json_path(path) }}) = 'array'
                    then {{ value }} #> {{ lever_assets.json_path(path) }}
            end
        ) with ordinality as found(value, place)
    )
{%- endmacro %}


{# The texts of a list in one, with commas between them. #}
{% macro json_joined(value, path) -%}
    (
        select string_agg({{ lever_assets.json_text('each_one.value', []) }}, ', ' order by each_one.place)
        from {{ lever_assets.json_elements(value, path) }} as each_one
    )
{%- endmacro %}


{% macro json_path(path) -%}
    {{ return(adapter.dispatch('json_path', 'lever_assets')(path)) }}
{%- endmacro %}

{% macro default__json_path(path) -%}
    '$
    {%- for key in path %}{{ '[*]' if key == '*' else '."' ~ key ~ '"' }}{% endfor %}'
{%- endmacro %}

{% macro postgres__json_path(path) -%}
    '{{ '{' ~ path | join(',') ~ '}' }}'
{%- endmacro %}
