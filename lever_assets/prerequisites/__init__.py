"""What a connection needs: asked of Lever, of the database and of this machine, and told with its remedy."""
