"""The MCP server: tools by which an assistant asks the same questions as the command line, read-only."""
