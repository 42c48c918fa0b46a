# cairn::torch from CAIRN_TORCH_DIR, a folder with include/ and lib/: a wheel's torch folder or an unpacked LibTorch. Sets
# CAIRN_TORCH_VERSION. find_package(Torch) is not used: with a CUDA wheel it demands nvcc.
if(NOT TARGET cairn::torch)
  add_library(cairn_torch INTERFACE)
  add_library(cairn::torch ALIAS cairn_torch)
  target_include_directories(cairn_torch SYSTEM INTERFACE "${CAIRN_TORCH_DIR}/include"
                                                          "${CAIRN_TORCH_DIR}/include/torch/csrc/api/include")
  target_compile_definitions(cairn_torch INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
  target_link_libraries(cairn_torch INTERFACE "${CAIRN_TORCH_DIR}/lib/libtorch_cpu.so" "${CAIRN_TORCH_DIR}/lib/libc10.so")
  target_link_options(cairn_torch INTERFACE "-Wl,-rpath,${CAIRN_TORCH_DIR}/lib")
endif()
set(CAIRN_TORCH_VERSION "")
foreach(_header torch/csrc/api/include/torch/version.h torch/headeronly/version.h)
  if(NOT CAIRN_TORCH_VERSION AND EXISTS "${CAIRN_TORCH_DIR}/include/${_header}")
    file(STRINGS "${CAIRN_TORCH_DIR}/include/${_header}" _v REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH)")
    string(REGEX MATCHALL "[0-9]+" _v "${_v}")
    list(JOIN _v "." CAIRN_TORCH_VERSION)
  endif()
endforeach()
