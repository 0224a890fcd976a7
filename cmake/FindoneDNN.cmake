# Finds oneDNN as the target oneDNN::oneDNN. Its own package file asks for OpenCL's too, which a program does not need.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_target.cmake)
find_library_target(oneDNN oneDNN::oneDNN HEADER oneapi/dnnl/dnnl.hpp LIBRARY dnnl)
