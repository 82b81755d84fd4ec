package io.panatorch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.testing.TensorTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shapes, and who shares memory with whom. */
@TensorTest
class TensorViewsTest {

    private TensorScope scope;
    private Tensor x;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        x = Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    /** Overwrites a tensor's elements with nines. */
    private static void overwrite(Tensor tensor) {
        tensor.copy_(Tensor.of(new float[] {9}, 1));
    }

    @Test
    void viewsInAnotherOrder() {
        assertThat(x.transpose(0, 1)).hasToString("[3, 2] float32 cpu\n[[0., 3.],\n [1., 4.],\n [2., 5.]]");
        assertThat(x.transpose(-1, -2).isContiguous()).isFalse();
        Tensor cube = x.reshape(1, 2, 3);
        assertThat(cube.permute(2, 0, 1)).hasToString("[3, 1, 2] float32 cpu\n[[[0., 3.]],\n\n [[1., 4.]],\n\n [[2., 5.]]]");
        assertThatThrownBy(() -> x.permute(0, 0))
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith("permute of [2, 3] float32 cpu: ");
        assertThatThrownBy(() -> x.transpose(0, 2))
                .hasMessage("transpose of [2, 3] float32 cpu: Dimension out of range (expected to be in range of [-2, 1],"
                        + " but got 2)");
    }

    @Test
    void reshape() {
        assertThat(x.reshape(-1).shape()).isEqualTo(Shape.of(6));
        assertThat(x.reshape(3, -1).toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(x.narrow(0, 0, 1).narrow(1, 1, 1).reshape()).hasToString("[] float32 cpu 1.");
        assertThatThrownBy(() -> x.reshape(4, 2))
                .hasMessage("reshape of [2, 3] float32 cpu: shape '[4, 2]' is invalid for input of size 6");
    }

    @Test
    void reshapeSharesMemoryWhereItCan() {
        overwrite(x.reshape(3, 2).narrow(0, 2, 1));
        assertThat(x.toFloatArray()).containsExactly(0, 1, 2, 3, 9, 9);
        overwrite(x.transpose(0, 1).reshape(6));
        assertThat(x.toFloatArray()).as("this one was a copy").containsExactly(0, 1, 2, 3, 9, 9);
    }

    @Test
    void dimensionsOfSizeOne() {
        assertThat(x.unsqueeze(0).shape()).isEqualTo(Shape.of(1, 2, 3));
        assertThat(x.unsqueeze(-1).shape()).isEqualTo(Shape.of(2, 3, 1));
        assertThat(x.unsqueeze(1).squeeze(1).shape()).isEqualTo(Shape.of(2, 3));
        assertThat(x.squeeze(0).shape()).as("only a size of one goes").isEqualTo(Shape.of(2, 3));
        assertThatThrownBy(() -> x.unsqueeze(4)).hasMessageStartingWith("unsqueeze of [2, 3] float32 cpu: Dimension out of");
        assertThatThrownBy(() -> x.squeeze(2)).hasMessageStartingWith("squeeze of [2, 3] float32 cpu: Dimension out of");
    }

    @Test
    void expandRepeatsWithoutCopying() {
        Tensor row = x.narrow(0, 1, 1);
        Tensor expanded = row.expand(2, -1);
        assertThat(expanded.toFloatArray()).containsExactly(3, 4, 5, 3, 4, 5);
        overwrite(x);
        assertThat(expanded.toFloatArray()).containsOnly(9);
        assertThatThrownBy(() -> x.expand(4, 3)).hasMessageStartingWith("expand of [2, 3] float32 cpu: ");
    }

    @Test
    void viewsHaveTheStorageOfTheWholeAndCopiesTheirOwn() {
        Tensor column = x.narrow(1, 1, 1);
        assertThat(column.storage()).isEqualTo(x.storage()).returns(24L, Storage::byteSize);
        assertThat(x.narrow(0, 1, 1).storage()).as("at an offset").isEqualTo(x.storage());
        assertThat(column.copy().storage()).isNotEqualTo(x.storage()).returns(8L, Storage::byteSize);
        assertThat(x.to(DType.FLOAT64).narrow(0, 1, 1).storage().byteSize()).isEqualTo(48);
    }

    @Test
    void narrowIsAWindow() {
        overwrite(x.narrow(1, 1, 2));
        assertThat(x.toFloatArray()).containsExactly(0, 9, 9, 3, 9, 9);
        assertThat(x.narrow(0, 1, 0)).hasToString("[0, 3] float32 cpu []");
        assertThatThrownBy(() -> x.narrow(1, 2, 2))
                .hasMessage("narrow of [2, 3] float32 cpu: start (2) + length (2) exceeds dimension size (3).");
    }

    @Test
    void aViewOutlivesItsTensor() {
        Tensor view = x.narrow(1, 0, 1);
        x.close();
        assertThat(view.toFloatArray()).containsExactly(0, 3);
    }

    @Test
    void cat() {
        Tensor y = Tensor.of(new float[] {6, 7}, 2, 1);
        assertThat(Tensor.cat(1, x, y)).hasToString("[2, 4] float32 cpu\n[[0., 1., 2., 6.],\n [3., 4., 5., 7.]]");
        assertThat(Tensor.cat(-2, x, x).shape()).isEqualTo(Shape.of(4, 3));
        assertThatThrownBy(() -> Tensor.cat(0, x, y))
                .hasMessage("cat of [2, 3] float32 cpu, [2, 1] float32 cpu: Sizes of tensors must match except in dimension"
                        + " 0. Expected size 3 but got size 1 for tensor number 1 in the list.");
        assertThatThrownBy(() -> Tensor.cat(0)).hasMessage("cat: torch.cat(): expected a non-empty list of Tensors");
    }

    /** More arguments than the memory that a thread keeps for them holds. */
    @Test
    void catOfVeryMany() {
        Tensor[] many = new Tensor[3000];
        java.util.Arrays.fill(many, Tensor.of(new float[] {1, 2}, 2));
        for (int i = 0; i < 3; i++) {
            Tensor all = Tensor.cat(0, many);
            assertThat(all.shape()).isEqualTo(Shape.of(6000));
            assertThat(all.narrow(0, 5998, 2).toFloatArray()).containsExactly(1, 2);
        }
    }

    @Test
    void whatIsInPlaceAlreadyIsNotCopied() {
        for (Tensor same : new Tensor[] {
            x.to(DType.FLOAT32), x.to(Device.CPU), x.to(DType.FLOAT32, Device.CPU), x.contiguous(), x.alias()
        }) {
            x.copy_(Tensor.of(new float[] {0}, 1));
            overwrite(same);
            assertThat(x.toFloatArray()).containsOnly(9);
            assertThat(same).isNotSameAs(x);
        }
    }

    @Test
    void copiesHaveMemoryOfTheirOwn() {
        Tensor transposed = x.transpose(0, 1);
        for (Tensor copy : new Tensor[] {x.copy(), transposed.contiguous(), transposed.copy(), x.to(DType.FLOAT64)}) {
            assertThat(copy.isContiguous()).isTrue();
            overwrite(copy);
            assertThat(x.toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5);
        }
    }

    @Test
    void copyInPlaceBroadcastsAndConverts() {
        x.copy_(Tensor.of(new long[] {7, 8, 9}, 3));
        assertThat(x.toFloatArray()).containsExactly(7, 8, 9, 7, 8, 9);
        Tensor y = Tensor.of(new float[] {1, 2}, 2);
        assertThatThrownBy(() -> x.copy_(y))
                .isInstanceOf(TorchException.class)
                .hasMessage("copy_ of [2, 3] float32 cpu, [2] float32 cpu: The size of tensor a (3) must match the size of"
                        + " tensor b (2) at non-singleton dimension 1");
    }

    @Test
    void aRealTensorTakesNoStandIn() {
        Tensor standIn = Tensor.standIn(x.shape(), DType.FLOAT32, Device.CPU);
        assertThatThrownBy(() -> x.add(standIn)).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("add: stand-in [2, 3] float32 cpu has no memory");
    }
}
