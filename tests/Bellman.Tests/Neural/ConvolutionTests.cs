using Bellman.Neural;
using Xunit;
using static TorchSharp.torch;

namespace Bellman.Tests.Neural;

/// <summary>Convolutions against torch's. Fails when patches are cut or added back at the wrong place, or overlapping ones are not summed.</summary>
public class ConvolutionTests
{
    [Theory]
    [InlineData(Engine.Simd)]
    [InlineData(Engine.Torch)]
    public void Outputs_and_gradients_are_torch_s(Engine engine)
    {
        var part = new ConvolutionPart("c", 9, 8, 2, [new(5, 3, 2), new(4, 2, 1)]);
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions { Engine = engine }, part);
        var random = RandomStream.Create(2);
        const int Batch = 11;
        var inputs = NeuralTestData.Gaussian(random, Batch * part.Inputs);
        var gradients = NeuralTestData.Gaussian(random, Batch * part.Outputs);
        // Away from the ReLU's kink, where rounding would decide.
        foreach (var name in (string[])["c.0.0.bias", "c.1.0.bias"]) { group.Parameters[name].Fill(0.3f); }
        float[] outputs = new float[Batch * part.Outputs], inference = new float[Batch * part.Outputs], inputGradients = new float[inputs.Length];
        var network = group["c"];
        network.Forward(inputs, Batch, inference);
        network.ForwardTraining(inputs, Batch, outputs);
        network.Backward(gradients, Batch, inputGradients);

        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        // [batch, height, width, channels] to torch's [batch, channels, height, width], and kernels likewise.
        var x = Leaf(inputs, Batch, 9, 8, 2);
        var weights = new[] { Leaf(group.Parameters["c.0.0.weight"].ToArray(), 5, 3, 3, 2), Leaf(group.Parameters["c.1.0.weight"].ToArray(), 4, 2, 2, 5) };
        var biases = new[] { Leaf(group.Parameters["c.0.0.bias"].ToArray(), 5), Leaf(group.Parameters["c.1.0.bias"].ToArray(), 4) };
        var y = nn.functional.conv2d(x.permute(0, 3, 1, 2), weights[0].permute(0, 3, 1, 2), biases[0], strides: [2, 2]).relu();
        y = nn.functional.conv2d(y, weights[1].permute(0, 3, 1, 2), biases[1]).relu().permute(0, 2, 3, 1).contiguous();
        (y * tensor(gradients, y.shape).to(ScalarType.Float64)).sum().backward();

        NeuralTestData.AssertClose(y.detach().data<double>().ToArray(), outputs, 1e-5);
        NeuralTestData.AssertClose(y.detach().data<double>().ToArray(), inference, 1e-5);
        NeuralTestData.AssertClose(Gradient(x), inputGradients, 1e-5);
        NeuralTestData.AssertClose([.. Gradient(weights[0]), .. Gradient(biases[0]), .. Gradient(weights[1]), .. Gradient(biases[1])], group.Parameters.Gradients, 1e-5);
    }

    [Fact]
    public void The_nature_network_has_the_paper_s_shapes()
    {
        var trunk = new NatureFactory().CreateTrunk("trunk", new Box(new float[84 * 84 * 4], [.. Enumerable.Repeat(255f, 84 * 84 * 4)], 84, 84, 4));
        trunk.Validate();
        // 8x8x4x32+32, 4x4x32x64+64, 3x3x64x64+64, 3136x512+512
        Assert.Equal(8224 + 32_832 + 36_928 + 1_606_144, trunk.Parameters().Sum(parameter => parameter.Shape.Aggregate(1, (a, b) => a * b)));
        Assert.Equal(512, trunk.Outputs);
    }

    [Fact]
    public void Frames_of_a_stack_become_channels_and_gradients_find_their_way_back()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new VectorPart("v", 1, 0), new FramesPart("f", Frames: 2, Pixels: 3, Channels: 1));
        float[] outputs = new float[6], back = new float[6];
        group["f"].ForwardTraining([1, 2, 3, 10, 20, 30], 1, outputs);
        Assert.Equal([1, 10, 2, 20, 3, 30], outputs);
        group["f"].Backward(outputs, 1, back);
        Assert.Equal([1, 2, 3, 10, 20, 30], back);
        var stack = new Box(new float[2 * 40 * 40], [.. Enumerable.Repeat(1f, 2 * 40 * 40)], 2, 40, 40, 1);
        var trunk = new NatureFactory().CreateTrunk("t", stack);
        trunk.Validate();
        Assert.Equal([32, 8 * 8 * 2], trunk.Parameters().First().Shape);
    }

    [Fact]
    public void Pictures_that_do_not_fit_are_refused()
    {
        var small = new Box(new float[147], [.. Enumerable.Repeat(1f, 147)], 7, 7, 3);
        Assert.False(NatureFactory.Fits(small));
        Assert.Contains("network=mlp", Assert.Throws<UsageException>(() => new NatureFactory().CreateTrunk("trunk", small)).Message, StringComparison.Ordinal);
        var part = new ConvolutionPart("c", 4, 4, 1, [new(2, 3, 1), new(2, 3, 1)]);
        Assert.Contains("3 x 3, stride 1, on a picture of 2 x 2 x 2", Assert.Throws<UsageException>(part.Validate).Message, StringComparison.Ordinal);
    }

    private static Tensor Leaf(float[] values, params long[] shape) => tensor(values, shape).to(ScalarType.Float64).detach().requires_grad_();

    private static double[] Gradient(Tensor leaf) => leaf.grad is { } gradient ? gradient.contiguous().data<double>().ToArray() : [];
}
