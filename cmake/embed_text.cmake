# Writes a text file as C++ source: cmake -DNAME=built_in_text -DTEXT=tales.txt -DSOURCE=built_in_text.cpp -P embed_text.cmake
file(READ ${TEXT} text)
file(WRITE ${SOURCE} "#include \"support/built_in_text.hpp\"\n\nconst std::string_view ${NAME} = R\"text(${text})text\";\n")
