# Finds utf8proc as the target utf8proc::utf8proc; distributions install no package file of its own.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_target.cmake)
find_library_target(Utf8proc utf8proc::utf8proc HEADER utf8proc.h LIBRARY utf8proc PKG_CONFIG libutf8proc)
