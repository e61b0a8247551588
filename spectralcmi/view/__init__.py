"""Looking at results: the field on a grid, files for ParaView, figures."""
