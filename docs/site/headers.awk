# A header's first comment is what Doxygen says about the file, and what is private stays so. A filter of Doxygen; lines
# keep their numbers.
FNR == 1 && /^\/\/ / { print "/** @brief " substr($0, 4); first = 1; next }
first && /^\/\/ / { print substr($0, 4); next }
first && /^#pragma once/ { print "@file */"; first = 0; next }
/^}|^ (public|protected):/ { private = 0 }
{ print private ? "" : $0 }
/^namespace detail {|^ private:/ { private = 1 }
