import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/**
 * One layer of a Theano model, ported to plain Java loops: java Conv image.csv filter.csv result.csv
 *
 * The loop is what everybody writes first. Theano's conv2d reads the filter backwards, this does not, so the
 * weights of the model give other numbers here. `harness probe` says so:
 *
 *     javac examples/java/Conv.java
 *     harness probe --files csv --command 'java -cp examples/java Conv {input} {kernel} {output}'
 */
public class Conv {
    static double[][] convolve(double[][] image, double[][] filter) {
        int rows = image.length - filter.length + 1;
        int columns = image[0].length - filter[0].length + 1;
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("the filter is larger than the image");
        }
        double[][] result = new double[rows][columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int a = 0; a < filter.length; a++) {
                    for (int b = 0; b < filter[0].length; b++) {
                        sum += filter[a][b] * image[i + a][j + b];
                    }
                }
                result[i][j] = sum;
            }
        }
        return result;
    }

    static double[][] read(String name) throws IOException {
        List<double[]> rows = new ArrayList<>();
        for (String line : Files.readAllLines(Paths.get(name))) {
            String[] cells = line.split(",");
            double[] row = new double[cells.length];
            for (int j = 0; j < cells.length; j++) {
                row[j] = Double.parseDouble(cells[j]);
            }
            rows.add(row);
        }
        return rows.toArray(new double[0][]);
    }

    static void write(String name, double[][] matrix) throws IOException {
        StringBuilder text = new StringBuilder();
        for (double[] row : matrix) {
            for (int j = 0; j < row.length; j++) {
                text.append(j == 0 ? "" : ",").append(row[j]);
            }
            text.append('\n');
        }
        Files.write(Paths.get(name), text.toString().getBytes());
    }

    public static void main(String[] arguments) throws IOException {
        write(arguments[2], convolve(read(arguments[0]), read(arguments[1])));
    }
}
