# Links the source folders under include/xtape of the build tree, so that sources, tests and users all write <xtape/core/tensor.hpp>.
set(XTAPE_INCLUDE_TREE ${CMAKE_CURRENT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${XTAPE_INCLUDE_TREE}/xtape)
foreach(part IN ITEMS core ops nn xtape.hpp)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${part} ${XTAPE_INCLUDE_TREE}/xtape/${part} SYMBOLIC)
endforeach()
