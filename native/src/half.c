/*
 * Layers of half types on the CPU: which of them are computed in float32, and rounded to the half type at their end.
 *
 * A processor computes in a half type, keeps its sums in float32, and is quick, or libtorch has slow code that is for every
 * processor. Measured on one core of an Intel Xeon with AVX512-BF16 and AVX512-FP16 and without AMX, in milliseconds, at
 * CogVideoX-2b's width (2146 tokens of 1920 numbers, 30 heads):
 *
 *                        float32   bfloat16: libtorch, here   float16: libtorch, here
 *   linear 1920 -> 7680      552        823        530             481   as libtorch
 *   attention                404     16,184        413          16,730   389
 *   conv3d, 256 channels     340        652        373             659   366
 *
 * There AVX512-BF16 multiplies no faster than float32; on AMD's processors, and with AMX, it does.
 */
#include "internal.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* CPUID is slow where the machine is a virtual one: it is asked once. */
int64_t fast_half_types(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    int64_t half = (d >> 23 & 1) != 0 ? PT_FAST_FLOAT16 : 0; /* AVX512-FP16 */
    if (d >> 22 & 1) return half | PT_FAST_BFLOAT16; /* AMX-BF16 */
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return half; /* AVX512-BF16 */
    return __get_cpuid(0, &a, &b, &c, &d) && b == signature_AMD_ebx ? half | PT_FAST_BFLOAT16 : half;
#else
    return PT_FAST_BFLOAT16 | PT_FAST_FLOAT16; /* not measured: as libtorch has it */
#endif
}

bool has_fast_half(int32_t dtype) {
    return (torch.features & (dtype == PT_BFLOAT16 ? PT_FAST_BFLOAT16 : PT_FAST_FLOAT16)) != 0;
}

bool is_on_cpu(const pt_tensor *tensor, int32_t dtype, int64_t dim, int64_t **sizes) {
    handle t = (handle)tensor;
    int32_t type = 0;
    int32_t device = 0;
    int32_t layout = 0;
    int64_t found = 0;
    return t != NULL && torch.aoti_torch_get_dtype(t, &type) == 0 && type == torch.dtypes[dtype] &&
           torch.aoti_torch_get_device_type(t, &device) == 0 && device == torch.aoti_torch_device_type_cpu() &&
           torch.aoti_torch_get_layout(t, &layout) == 0 && layout == torch.aoti_torch_layout_strided() &&
           torch.aoti_torch_get_dim(t, &found) == 0 && found == dim && torch.aoti_torch_get_sizes(t, sizes) == 0;
}

pt_tensor *in_dtype(const pt_tensor *x, int32_t dtype, char **error) { return pt_to(x, dtype, PT_CPU, 0, error); }

pt_tensor *rounded(pt_tensor *wide, int32_t dtype, char **error) {
    pt_tensor *result = wide == NULL ? NULL : in_dtype(wide, dtype, error);
    pt_release(wide);
    return result;
}
