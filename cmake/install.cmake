# cmake --install: a folder that works from anywhere. bin/ has launchers that find LibTorch; the programs themselves are in
# lib/cairn/bin. Everything is found from the executable, so that the folder can be moved.
set(CAIRN_SHARE share/cairn)
install(TARGETS cairn_sdk cairn_framework cairn_conformance LIBRARY DESTINATION lib)
install(TARGETS cairn cairn-plugin-check RUNTIME DESTINATION lib/cairn/bin)
install(TARGETS ${_plugins} LIBRARY DESTINATION lib/cairn/plugins)
install(DIRECTORY "${PROJECT_BINARY_DIR}/lib/cairn/plugins/" DESTINATION lib/cairn/plugins FILES_MATCHING PATTERN "*.plugin.toml")
set_target_properties(cairn_sdk cairn_framework cairn_conformance PROPERTIES INSTALL_RPATH "$ORIGIN")
set_target_properties(cairn cairn-plugin-check PROPERTIES INSTALL_RPATH "$ORIGIN/../..")
set_target_properties(${_plugins} PROPERTIES INSTALL_RPATH "$ORIGIN/../..")
foreach(PROGRAM cairn cairn-plugin-check)
  configure_file(sdk/launcher/launcher.sh.in "${PROJECT_BINARY_DIR}/launcher/${PROGRAM}" @ONLY)
  install(PROGRAMS "${PROJECT_BINARY_DIR}/launcher/${PROGRAM}" DESTINATION bin)
endforeach()
file(WRITE "${PROJECT_BINARY_DIR}/launcher/torch_dir" "${CAIRN_TORCH_DIR}\n")
install(FILES "${PROJECT_BINARY_DIR}/launcher/torch_dir" DESTINATION lib/cairn)

# The SDK.
install(DIRECTORY sdk/include/ DESTINATION include FILES_MATCHING PATTERN "*.h")
install(DIRECTORY sdk/test/include/ DESTINATION include/cairn-conformance FILES_MATCHING PATTERN "*.h")
install(DIRECTORY plugins/models/common DESTINATION include/cairn-models FILES_MATCHING PATTERN "*.h")
install(TARGETS cairn_models_common ARCHIVE DESTINATION lib)
include(CMakePackageConfigHelpers)
configure_file(sdk/cmake/cairnConfig.cmake.in "${PROJECT_BINARY_DIR}/launcher/cairnConfig.cmake" @ONLY)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/launcher/cairnConfigVersion.cmake" COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/launcher/cairnConfig.cmake" "${PROJECT_BINARY_DIR}/launcher/cairnConfigVersion.cmake"
              sdk/cmake/torch_target.cmake sdk/cmake/fingerprint.cmake sdk/cmake/cairn_add_plugin.cmake sdk/cmake/plugin.version
        DESTINATION lib/cmake/cairn)

# What people start from. The build tree shows the same folder, so that a program that is not installed finds it too.
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/${CAIRN_SHARE}")
foreach(_entry pipelines examples sdk/template)
  cmake_path(GET _entry FILENAME _name)
  install(DIRECTORY ${_entry} DESTINATION ${CAIRN_SHARE} USE_SOURCE_PERMISSIONS)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${_entry}" "${PROJECT_BINARY_DIR}/${CAIRN_SHARE}/${_name}" SYMBOLIC)
endforeach()
install(CODE "execute_process(COMMAND \"${PROJECT_BINARY_DIR}/bin/cairn\" config schema COMMAND_ERROR_IS_FATAL ANY
  OUTPUT_FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CAIRN_SHARE}/pipeline.schema.json\")")

# Licence texts, cairn's and those of the libraries whose headers are compiled in.
install(FILES LICENSE README.md DESTINATION share/doc/cairn)
install(DIRECTORY docs/ DESTINATION share/doc/cairn FILES_MATCHING PATTERN "*.md")
foreach(_package libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libboost1.74-dev libspdlog-dev rapidjson-dev)
  if(EXISTS "/usr/share/doc/${_package}/copyright")
    install(FILES "/usr/share/doc/${_package}/copyright" DESTINATION share/doc/cairn/licences RENAME ${_package}.txt)
  endif()
endforeach()

# cpack -G DEB. LibTorch comes from a wheel or an archive, not from a package; the launcher says where it is looked for.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cairn)
set(CPACK_PACKAGE_CONTACT "the authors of cairn <cairn@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# Found by dpkg-shlibdeps from the libraries themselves; those of LibTorch belong to no package and are passed over.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}/lib" "${CAIRN_TORCH_DIR}/lib")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "cmake, make, g++, libopencv-dev, libgtest-dev, git-lfs")
include(CPack)
