{# Instants are timestamps without a zone, in UTC, as the public package has them. #}
{% macro instant(column) -%}
    {{ return(adapter.dispatch('instant', 'lever_assets')(column)) }}
{%- endmacro %}

{% macro default__instant(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{% macro postgres__instant(column) -%}
    timezone('UTC', {{ column }})
{%- endmacro %}


{% macro full_name(row) -%}
    nullif(concat_ws(' ', {{ row }}.first_name, {{ row }}.last_name), '')
{%- endmacro %}
