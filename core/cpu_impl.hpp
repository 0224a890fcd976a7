// Instruction sets by name: the ones that the library is compiled for, and the check behind check_processor.
#pragma once

namespace xtape {

/// The instruction sets beyond plain x86-64 that the library is compiled for, a null pointer last.
extern const char* const compiled_instructions[];

/// Throws Error where this processor lacks one of the sets named, or where the name is unknown.
void check_instructions(const char* const* needed);

}  // namespace xtape
