"""Reading one resource from Lever and landing it in its raw table: what came, what failed, what is gone."""
