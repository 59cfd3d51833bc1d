using Bellman.Algorithms;
using Bellman.Tests.Neural;
using Xunit;

namespace Bellman.Tests.Algorithms;

public class ActionHeadTests
{
    public static TheoryData<string> Heads => ["Discrete", "MultiDiscrete", "Gaussian", "TanhGaussian", "Beta"];

    [Theory, MemberData(nameof(Heads))]
    public void A_batch_is_scored_and_differentiated_as_its_rows_are(string name)
    {
        const int Rows = 21;
        var head = Make(name);
        var random = RandomStream.Create(3);
        var outputs = NeuralTestData.Gaussian(random, Rows * head.Outputs);
        var free = NeuralTestData.Gaussian(random, head.FreeParameters);
        float[] actions = new float[Rows * head.ActionSize], logProbabilities = new float[Rows], entropies = new float[Rows], weights = NeuralTestData.Gaussian(random, Rows);
        float[] gradients = new float[outputs.Length], freeGradient = new float[free.Length], expectedGradients = new float[outputs.Length], expectedFree = new float[free.Length];
        double[] expectedScores = new double[Rows], expectedEntropies = new double[Rows], explored = new double[Rows];
        for (var i = 0; i < Rows; i++)
        {
            var (row, action) = (Slice(outputs, i, head.Outputs), Slice(actions, i, head.ActionSize));
            explored[i] = head.ExploreAndScore(0, row.Span, free, random, action.Span);
            expectedScores[i] = head.LogProbability(row.Span, free, action.Span);
            expectedEntropies[i] = head.Entropy(row.Span, free);
            head.AddGradient(row.Span, free, action.Span, weights[i], -0.1f, Slice(expectedGradients, i, head.Outputs).Span, expectedFree);
        }
        head.Score(outputs, free, actions, logProbabilities, entropies);
        head.AddGradients(outputs, free, actions, weights, -0.1f, gradients, freeGradient);
        NeuralTestData.AssertClose(expectedScores, logProbabilities, 1e-5);
        NeuralTestData.AssertClose(explored, logProbabilities, 1e-5);
        NeuralTestData.AssertClose(expectedEntropies, entropies, 1e-5);
        NeuralTestData.AssertClose(Array.ConvertAll(expectedGradients, value => (double)value), gradients, 1e-5);
        NeuralTestData.AssertClose(Array.ConvertAll(expectedFree, value => (double)value), freeGradient, 1e-5);
    }

    private static Memory<float> Slice(float[] block, int row, int size) => block.AsMemory(row * size, size);

    private static ActionHead Make(string name) => name switch
    {
        "Discrete" => ActionHead.For(new Discrete(5), ActionDistribution.Gaussian, 8),
        "MultiDiscrete" => ActionHead.For(new MultiDiscrete(3, 2), ActionDistribution.Gaussian, 8),
        _ => ActionHead.For(new Box(-1, 1, 3), Enum.Parse<ActionDistribution>(name), 8),
    };
}
