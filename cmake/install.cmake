# Installs the library, its public headers and the package that find_package(xtape CONFIG) reads.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/xtape)

install(TARGETS xtape xtape_native EXPORT xtapeTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT xtapeTargets NAMESPACE xtape:: DESTINATION ${package_dir})

# Private headers end in _impl.hpp or lie in ops/kernels.
install(DIRECTORY core ops nn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/xtape
  FILES_MATCHING PATTERN *.hpp
  PATTERN *_impl.hpp EXCLUDE
  PATTERN kernels EXCLUDE
)
install(FILES xtape.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/xtape OPTIONAL)

configure_package_config_file(cmake/xtapeConfig.cmake.in xtapeConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(xtapeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/xtapeConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/xtapeConfigVersion.cmake
  cmake/find_library_target.cmake
  cmake/FindLibzip.cmake
  cmake/FindOpenBLAS.cmake
  cmake/FindoneDNN.cmake
  cmake/FindUtf8proc.cmake
  DESTINATION ${package_dir}
)
