"""What a maintainer may set; imported by all, imports none of ours."""
