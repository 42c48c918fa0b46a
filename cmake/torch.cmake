# Where LibTorch is: looks in CAIRN_TORCH_DIR (a wheel's torch folder or an unpacked LibTorch), the environment, then the project's .venv.
set(CAIRN_TORCH_DIR "$ENV{CAIRN_TORCH_DIR}" CACHE PATH "folder with include/ and lib/ of LibTorch")
if(NOT CAIRN_TORCH_DIR)
  file(GLOB _wheels "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  list(GET _wheels 0 _wheel)
  set(CAIRN_TORCH_DIR "${_wheel}" CACHE PATH "folder with include/ and lib/ of LibTorch" FORCE)
endif()
if(NOT EXISTS "${CAIRN_TORCH_DIR}/include/ATen/ATen.h")
  message(FATAL_ERROR "LibTorch not found at '${CAIRN_TORCH_DIR}'. Run ./dev setup, or pass -DCAIRN_TORCH_DIR=<folder with include/ and lib/>.")
endif()

include(torch_target)
if(EXISTS "${CAIRN_TORCH_DIR}/lib/libtorch_cuda.so")
  set(CAIRN_TORCH_CUDA_LIBRARIES "${CAIRN_TORCH_DIR}/lib/libtorch.so" "${CAIRN_TORCH_DIR}/lib/libtorch_cuda.so" "${CAIRN_TORCH_DIR}/lib/libc10_cuda.so")
endif()

message(STATUS "LibTorch ${CAIRN_TORCH_VERSION} at ${CAIRN_TORCH_DIR}")
