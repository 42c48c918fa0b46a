# LibTorch as an interface target. find_package(Torch) is not used: with a CUDA wheel it demands nvcc.
# Looks in CAIRN_TORCH_DIR (a wheel's torch folder or an unpacked LibTorch), the environment, then the project's .venv.
set(CAIRN_TORCH_DIR "$ENV{CAIRN_TORCH_DIR}" CACHE PATH "folder with include/ and lib/ of LibTorch")
if(NOT CAIRN_TORCH_DIR)
  file(GLOB _wheels "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  list(GET _wheels 0 _wheel)
  set(CAIRN_TORCH_DIR "${_wheel}" CACHE PATH "folder with include/ and lib/ of LibTorch" FORCE)
endif()
if(NOT EXISTS "${CAIRN_TORCH_DIR}/include/ATen/ATen.h")
  message(FATAL_ERROR "LibTorch not found at '${CAIRN_TORCH_DIR}'. Run ./dev setup, or pass -DCAIRN_TORCH_DIR=<folder with include/ and lib/>.")
endif()

# The wheel ships a newer fmt than Debian's spdlog wants; the system's must be found first.
set(_fmt_first "${PROJECT_BINARY_DIR}/fmt_first")
file(MAKE_DIRECTORY "${_fmt_first}")
if(EXISTS /usr/include/fmt AND NOT EXISTS "${_fmt_first}/fmt")
  file(CREATE_LINK /usr/include/fmt "${_fmt_first}/fmt" SYMBOLIC)
endif()

add_library(cairn_torch INTERFACE)
add_library(cairn::torch ALIAS cairn_torch)
target_include_directories(cairn_torch SYSTEM INTERFACE "${_fmt_first}" "${CAIRN_TORCH_DIR}/include"
                                                        "${CAIRN_TORCH_DIR}/include/torch/csrc/api/include")
target_compile_definitions(cairn_torch INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
target_link_libraries(cairn_torch INTERFACE "${CAIRN_TORCH_DIR}/lib/libtorch_cpu.so" "${CAIRN_TORCH_DIR}/lib/libc10.so")
target_link_options(cairn_torch INTERFACE "-Wl,-rpath,${CAIRN_TORCH_DIR}/lib")
if(EXISTS "${CAIRN_TORCH_DIR}/lib/libtorch_cuda.so")
  set(CAIRN_TORCH_CUDA_LIBRARIES "${CAIRN_TORCH_DIR}/lib/libtorch.so" "${CAIRN_TORCH_DIR}/lib/libtorch_cuda.so" "${CAIRN_TORCH_DIR}/lib/libc10_cuda.so")
endif()

file(STRINGS "${CAIRN_TORCH_DIR}/include/torch/csrc/api/include/torch/version.h" _v REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH)")
if(NOT _v)
  file(STRINGS "${CAIRN_TORCH_DIR}/include/torch/headeronly/version.h" _v REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH)")
endif()
string(REGEX MATCHALL "[0-9]+" _v "${_v}")
list(JOIN _v "." CAIRN_TORCH_VERSION)
message(STATUS "LibTorch ${CAIRN_TORCH_VERSION} at ${CAIRN_TORCH_DIR}")
