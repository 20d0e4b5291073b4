"""Secret values: the type that never shows one, the shapes that recognise one, and the escapes that hide one."""
