"""What answers look like, as OpenAPI describes them."""
